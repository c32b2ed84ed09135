/**
 * What must never be shown: the {@link io.holdfast.agent.secret.Secret} type, the redaction of
 * texts that may hold one, and files that only the holder of a key can read. Depends on nothing of
 * ours; every room may use it.
 */
@NullMarked
package io.holdfast.agent.secret;

import org.jspecify.annotations.NullMarked;
