/**
 * Inbound: the port {@link io.holdfast.agent.sync.ConfigSource} and the whole device configuration
 * as one immutable value. Knows neither restic nor results.
 */
@NullMarked
package io.holdfast.agent.sync;

import org.jspecify.annotations.NullMarked;
