package io.holdfast.agent.postgres;

import io.holdfast.agent.job.ControlPlaneException;
import java.util.List;

/**
 * What somebody may do in the control plane's database that no migration has granted, as any login
 * of it can read.
 */
public final class GrantedBeyond {

  private static final String SENTENCES =
      """
      SELECT format('%s has been granted %s on %s, which no migration has done', b.grantee,
                    string_agg(DISTINCT b.privilege, ', ' ORDER BY b.privilege),
                    holdfast.some_of(array_agg(DISTINCT b.object ORDER BY b.object))) AS sentence
      FROM public.granted_beyond b
      GROUP BY b.grantee, b.kind
      ORDER BY 1
      """;

  private GrantedBeyond() {}

  /**
   * A sentence for each role and kind of object; none if all is as the migrations have it.
   *
   * @throws ControlPlaneException if the database cannot be reached or refuses
   */
  public static List<String> of(Database database) throws ControlPlaneException {
    return database.rows(SENTENCES, row -> row.getString("sentence"));
  }
}
