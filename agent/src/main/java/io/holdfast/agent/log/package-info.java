/** Where log lines go and how they look; knows logback, and of ours only what is configured. */
@NullMarked
package io.holdfast.agent.log;

import org.jspecify.annotations.NullMarked;
