/** Files that survive a crash; every room may use it, and it knows nothing of ours. */
@NullMarked
package io.holdfast.agent.files;

import org.jspecify.annotations.NullMarked;
