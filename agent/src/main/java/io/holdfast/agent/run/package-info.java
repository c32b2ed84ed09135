/**
 * Turns one due run into run records: exclusion per job and per device, the restic process, the
 * outcome. Knows neither SQL nor the spool's files.
 */
@NullMarked
package io.holdfast.agent.run;

import org.jspecify.annotations.NullMarked;
