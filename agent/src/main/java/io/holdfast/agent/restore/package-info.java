/**
 * How files come back: which snapshot is meant, where it may be written, what came of it. Decides
 * and asks {@code restic}; {@code daemon} and {@code cli} may enter.
 */
@NullMarked
package io.holdfast.agent.restore;

import org.jspecify.annotations.NullMarked;
