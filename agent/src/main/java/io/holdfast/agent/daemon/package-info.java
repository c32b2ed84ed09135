/**
 * The composition root: wiring by hand, the loops, start and stop order, signals. No business
 * rules, no SQL.
 */
@NullMarked
package io.holdfast.agent.daemon;

import org.jspecify.annotations.NullMarked;
