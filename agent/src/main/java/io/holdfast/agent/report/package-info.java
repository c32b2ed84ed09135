/**
 * Outbound: the spool on disk, the port {@link io.holdfast.agent.report.RunSink} and the drain that
 * empties the spool into it. Knows nothing of scheduling.
 */
@NullMarked
package io.holdfast.agent.report;

import org.jspecify.annotations.NullMarked;
