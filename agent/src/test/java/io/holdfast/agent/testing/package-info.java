/** What tests of several rooms share: real parts, and a clock that a test moves. */
package io.holdfast.agent.testing;
