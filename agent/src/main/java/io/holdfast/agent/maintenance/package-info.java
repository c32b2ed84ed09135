/**
 * What a repository needs besides backups: retention, prune, check, the catalogue of its snapshots;
 * by one housekeeper of the fleet at a time. Knows restic and the ports to the control plane, and
 * nothing of SQL.
 */
@NullMarked
package io.holdfast.agent.maintenance;

import org.jspecify.annotations.NullMarked;
