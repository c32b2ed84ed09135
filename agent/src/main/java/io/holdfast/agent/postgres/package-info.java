/**
 * The control plane in PostgreSQL: Jdbi, Hikari and Flyway live here and nowhere else. Implements
 * the ports of sync and report; decides nothing.
 */
@NullMarked
package io.holdfast.agent.postgres;

import org.jspecify.annotations.NullMarked;
