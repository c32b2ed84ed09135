/**
 * restic's official releases: what they are called, how they are fetched and checked, where one is
 * kept. May use {@code restic} and {@code files}; starts nothing by itself.
 */
@NullMarked
package io.holdfast.agent.release;

import org.jspecify.annotations.NullMarked;
