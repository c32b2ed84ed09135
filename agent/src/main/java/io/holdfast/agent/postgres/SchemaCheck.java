package io.holdfast.agent.postgres;

import io.holdfast.agent.job.ControlPlaneException;
import io.holdfast.agent.job.ControlPlaneException.Kind;
import io.holdfast.agent.job.Problem;
import java.util.Optional;

/**
 * Whether the control plane's schema and this agent fit. An admin migrates the database first and
 * upgrades the agents at leisure, so a newer schema is fine as long as it says that it still serves
 * agents of this age.
 */
public final class SchemaCheck {

  /** The schema that this agent was built for: the highest migration of its own release. */
  public static final int BUILT_FOR = 46;

  private static final String VERSION =
      """
      SELECT schema_version, oldest_agent_schema
      FROM control_plane_version
      """;

  private record Version(int schema, int oldestAgent) {}

  private SchemaCheck() {}

  /**
   * @return the schema's version
   * @throws ControlPlaneException if the database cannot be reached, or if its schema is missing,
   *     too old or too new for this agent: says what to do
   */
  public static int require(Database database) throws ControlPlaneException {
    Version version =
        database.call(handle ->
            handle
                .createQuery(VERSION)
                .map((row, _) -> new Version(row.getInt(1), row.getInt(2)))
                .one());
    require(version.schema(), version.oldestAgent(), database.address().display());
    return version.schema();
  }

  static void require(int schema, int oldestAgent, String place) throws ControlPlaneException {
    Optional<Problem> unfit = problem(schema, oldestAgent, place);
    if (unfit.isPresent()) {
      throw new ControlPlaneException(Kind.MISCONFIGURED, unfit.get());
    }
  }

  static Optional<Problem> problem(int schema, int oldestAgent, String place) {
    if (schema < BUILT_FOR) {
      return Optional.of(
          Problem.ofDevice(
              "schema-too-old",
              "the schema of the database at "
                  + place
                  + " is version "
                  + schema
                  + ", and this agent needs version "
                  + BUILT_FOR,
              "Run 'holdfast migrate' as the owner of the database."));
    }
    if (oldestAgent > BUILT_FOR) {
      return Optional.of(
          Problem.ofDevice(
              "schema-too-new",
              "the schema of the database at "
                  + place
                  + " is version "
                  + schema
                  + " and no longer serves agents built for version "
                  + BUILT_FOR,
              "Upgrade Holdfast on this machine."));
    }
    return Optional.empty();
  }
}
