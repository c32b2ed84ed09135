/**
 * What the agent has to remember over its own end, in files of its state directory: the agenda, the
 * runs that go on, which agent it is, and since when its login is refused.
 */
@NullMarked
package io.holdfast.agent.state;

import org.jspecify.annotations.NullMarked;
