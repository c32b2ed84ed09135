/**
 * Dumps the control plane's database with PostgreSQL's own {@code pg_dump}, as the machine's own
 * configuration file says. Knows neither SQL nor restic, and decides no outcome.
 */
@NullMarked
package io.holdfast.agent.dump;

import org.jspecify.annotations.NullMarked;
