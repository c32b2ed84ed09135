/**
 * Small things about words that several rooms need. Depends on nothing of ours; every room may use
 * it.
 */
@NullMarked
package io.holdfast.agent.text;

import org.jspecify.annotations.NullMarked;
