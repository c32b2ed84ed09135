/**
 * Where a repository is: the one reading of its URL, for everything that judges, compares or shows
 * it. Depends on nothing of ours but {@code secret}; every room may use it.
 */
@NullMarked
package io.holdfast.agent.location;

import org.jspecify.annotations.NullMarked;
