/**
 * When: pure functions over cron expressions, intervals and time zones. No I/O, no threads, no
 * reading of the clock.
 */
@NullMarked
package io.holdfast.agent.schedule;

import org.jspecify.annotations.NullMarked;
