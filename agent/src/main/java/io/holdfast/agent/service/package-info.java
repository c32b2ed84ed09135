/** What started us, and wants to know how we are: systemd, or nobody. */
@NullMarked
package io.holdfast.agent.service;

import org.jspecify.annotations.NullMarked;
