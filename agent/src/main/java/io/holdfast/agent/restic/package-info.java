/**
 * All that we know about the restic binary: finding it, versions, arguments, environment, process,
 * messages, exit codes. Knows neither jobs and schedules nor the database.
 */
@NullMarked
package io.holdfast.agent.restic;

import org.jspecify.annotations.NullMarked;
