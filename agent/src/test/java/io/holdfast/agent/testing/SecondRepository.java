package io.holdfast.agent.testing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A copy target {@code offsite} of a site, and real restic on it. */
public final class SecondRepository {

  public static final String NAME = "offsite";
  public static final String PASSWORD = "copy-pass-2718-" + ProcessHandle.current().pid();

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Site site;
  private final Path restic;
  private final Path place;

  /** Its row, for every job, and the repository, which opens as fast as the site's own. */
  public static SecondRepository made(Site site, Path restic) throws IOException {
    SecondRepository second = new SecondRepository(site, restic);
    EmptyRepository.make(second.place, PASSWORD);
    return second;
  }

  /** Its row; the repository itself is left to a housekeeper, who may make it. */
  public static SecondRepository yetToBeMade(Site site, Path restic) throws IOException {
    return new SecondRepository(site, restic);
  }

  private SecondRepository(Site site, Path restic) throws IOException {
    this.site = site;
    this.restic = restic;
    place = Files.createDirectories(site.directory().resolve("second")).resolve("repo");
    site.controlPlane().execute("UPDATE devices SET housekeeper = true WHERE id = ?", Site.DEVICE);
    site.controlPlane()
        .execute(
            "INSERT INTO copy_targets (name, repository_url, repository_password, every_job, auto_init)"
                + " VALUES (?, ?, ?, true, true)",
            NAME,
            place.toString(),
            PASSWORD);
  }

  public Path place() {
    return place;
  }

  /** Real restic, as an admin would call it. */
  public String run(String... arguments) {
    List<String> command = new ArrayList<>(List.of(restic.toString()));
    command.addAll(List.of(arguments));
    Program.Result result =
        Program.run(
            Map.of(
                "RESTIC_REPOSITORY",
                place.toString(),
                "RESTIC_PASSWORD",
                PASSWORD,
                "RESTIC_CACHE_DIR",
                site.directory().resolve("admin-cache").toString()),
            command);
    if (result.exitCode() != 0) {
      throw new AssertionError("restic " + List.of(arguments) + ": " + result.all());
    }
    return result.out();
  }

  /** Its snapshots. */
  public JsonNode snapshots() throws JsonProcessingException {
    return JSON.readTree(run("snapshots", "--json", "--no-lock"));
  }

  /** Does one thing there by the program, which must succeed; returns what it said. */
  public String housekeep(String kind) {
    Program.Result result = site.holdfast("housekeep", kind, "--target", NAME);
    if (result.exitCode() != 0) {
      throw new AssertionError(kind + ": " + result.all());
    }
    return result.out();
  }
}
