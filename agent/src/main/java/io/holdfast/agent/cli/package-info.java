/**
 * The commands, one file per verb, and the one map of exit codes. No SQL, no processes, no
 * decisions.
 */
@NullMarked
package io.holdfast.agent.cli;

import org.jspecify.annotations.NullMarked;
