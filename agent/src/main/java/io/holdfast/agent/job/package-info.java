/**
 * What to back up: immutable records for device, job, setting and problem, and the rules that make
 * them valid. No I/O, no clocks.
 */
@NullMarked
package io.holdfast.agent.job;

import org.jspecify.annotations.NullMarked;
