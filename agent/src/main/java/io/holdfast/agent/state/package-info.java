/**
 * What the agent has to remember over its own end, in files of its state directory: the agenda and
 * the runs that go on.
 */
@NullMarked
package io.holdfast.agent.state;

import org.jspecify.annotations.NullMarked;
