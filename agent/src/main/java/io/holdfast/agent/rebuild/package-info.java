/**
 * What a control plane must have held, concluded from the snapshots in its repository: pure. Knows
 * neither SQL nor how a repository is asked.
 */
@NullMarked
package io.holdfast.agent.rebuild;

import org.jspecify.annotations.NullMarked;
