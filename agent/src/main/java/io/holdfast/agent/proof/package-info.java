/**
 * Proves that backups can be restored: a sample of a snapshot is restored to a scratch directory
 * and compared with what the repository says and with what the machine still has.
 */
@NullMarked
package io.holdfast.agent.proof;

import org.jspecify.annotations.NullMarked;
