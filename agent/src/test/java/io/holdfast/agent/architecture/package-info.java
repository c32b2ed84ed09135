/** What holds for the source as a whole. */
@NullMarked
package io.holdfast.agent.architecture;

import org.jspecify.annotations.NullMarked;
