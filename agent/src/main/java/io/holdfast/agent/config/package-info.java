/**
 * The machine's own small YAML file: who this device is and how to reach the control plane. Knows
 * nothing of jobs, restic or SQL.
 */
@NullMarked
package io.holdfast.agent.config;

import org.jspecify.annotations.NullMarked;
