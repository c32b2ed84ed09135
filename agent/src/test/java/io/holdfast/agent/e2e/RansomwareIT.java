package io.holdfast.agent.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.HandMade;
import io.holdfast.agent.testing.Program;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.RestServer;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * docs/ransomware.md: somebody has taken over a device and has all that it has, with restic's own
 * REST server in between. The fleet's data is whole, somebody is told, and the way back works.
 */
class RansomwareIT {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path directory;

  /** Two machines that share a repository, and a housekeeper with a way of its own into it. */
  private final class Shop implements AutoCloseable {
    final Site taken;
    final Site spared;
    final RestServer server;
    final ControlPlane psql;
    final Path letters;
    final Path www;
    final UUID job;

    Shop() throws IOException {
      taken = new Site(directory.resolve("taken"), ResticBinaries.current());
      psql = taken.controlPlane();
      server = new RestServer(taken.repository().getParent(), directory.resolve("server"));
      psql.setting("repository_url", "rest:" + server.devicesUrl() + "/repo");
      spared = taken.another("spared");
      psql.execute("UPDATE devices SET housekeeper = true WHERE id = 'spared'");
      psql.execute(
          "INSERT INTO settings (device_id, key, value) VALUES ('spared', 'repository_url', ?)",
          "rest:" + server.keepersUrl() + "/repo");
      // With a URL of its own it is not told the fleet's password.
      psql.execute(
          "INSERT INTO settings (device_id, key, value) VALUES ('spared', 'repository_password', ?)",
          Site.REPOSITORY_PASSWORD);
      psql.execute(
          "INSERT INTO retention_policies (name, keep_last, is_default) VALUES ('two', 2, true)");
      letters = spared.source("letters", 5);
      job = psql.job("spared", "letters", letters.toString());
      www = taken.source("www", 5);
      psql.job(Site.DEVICE, "www", www.toString());
    }

    void backUp() {
      done(spared, "backup", "letters");
      done(taken, "backup", "www");
    }

    @Override
    public void close() {
      spared.close();
      taken.close();
      server.close();
    }
  }

  private static Result done(Site site, String... command) {
    Result result = site.holdfast(command);
    assertThat(result.exitCode()).as(result.all()).isZero();
    return result;
  }

  /** restic with what the taken machine has: the way of devices, and the repository's password. */
  private Result attack(Shop shop, String password, String... arguments) {
    Map<String, String> environment = new HashMap<>();
    environment.put("RESTIC_REPOSITORY", "rest:" + shop.server.devicesUrl() + "/repo");
    environment.put("RESTIC_PASSWORD", password);
    environment.put("RESTIC_CACHE_DIR", directory.resolve("attackers-cache").toString());
    environment.put("HOME", directory.toString());
    List<String> command = new ArrayList<>(List.of(ResticBinaries.current().toString()));
    command.addAll(Arrays.asList(arguments));
    return Program.run(environment, command);
  }

  /** Every file of the repository but the locks, which anybody may remove, with its content. */
  private static Map<String, Integer> files(Shop shop) throws IOException {
    Map<String, Integer> files = new HashMap<>();
    Path repository = shop.taken.repository();
    try (Stream<Path> all = Files.walk(repository)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        String name = repository.relativize(file).toString();
        if (!name.startsWith("locks/")) {
          files.put(name, Arrays.hashCode(Files.readAllBytes(file)));
        }
      }
    }
    return files;
  }

  private static Set<String> problems(Shop shop) {
    Set<String> codes = new TreeSet<>();
    shop.psql.rows("SELECT code FROM problems").forEach(row -> codes.add((String) row.get("code")));
    return codes;
  }

  private static int request(String method, String url, byte[] body) throws Exception {
    URI address = URI.create(url);
    String user =
        Base64.getEncoder().encodeToString(address.getUserInfo().getBytes(StandardCharsets.UTF_8));
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url.replace(address.getUserInfo() + "@", "")))
            .header("Authorization", "Basic " + user)
            .method(method, HttpRequest.BodyPublishers.ofByteArray(body))
            .build();
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }
  }

  @Test
  void what_is_there_can_be_neither_removed_nor_overwritten_by_a_device() throws Exception {
    try (Shop shop = new Shop()) {
      shop.backUp();
      Map<String, Integer> before = files(shop);

      attack(shop, Site.REPOSITORY_PASSWORD, "forget", "--keep-last=1", "--group-by=", "--prune");
      attack(shop, Site.REPOSITORY_PASSWORD, "prune", "--max-unused=0");
      attack(shop, Site.REPOSITORY_PASSWORD, "repair", "index", "--read-all-packs");
      attack(shop, Site.REPOSITORY_PASSWORD, "rewrite", "--forget", "--exclude=file-*");
      attack(shop, Site.REPOSITORY_PASSWORD, "tag", "--set=nobodys");
      String key =
          JSON.readTree(attack(shop, Site.REPOSITORY_PASSWORD, "key", "list", "--json").out())
              .path(0)
              .path("id")
              .asText();
      attack(shop, Site.REPOSITORY_PASSWORD, "key", "remove", key);
      for (String file : before.keySet()) {
        String place = file.replaceFirst("data/../", "data/");
        String url = shop.server.devicesUrl() + "/repo/" + place;
        assertThat(request("DELETE", url, new byte[0])).as("DELETE " + place).isEqualTo(403);
        assertThat(request("POST", url, "nothing".getBytes(StandardCharsets.UTF_8)))
            .as("POST " + place)
            .isGreaterThanOrEqualTo(400);
      }
      assertThat(request("DELETE", shop.server.devicesUrl() + "/repo/", new byte[0]))
          .isGreaterThanOrEqualTo(400);
      assertThat(
              request(
                  "DELETE",
                  shop.server.keepersUrl().replace("can-delete-pw", "device-pw") + "/repo/config",
                  new byte[0]))
          .isEqualTo(401);

      assertThat(files(shop)).containsAllEntriesOf(before);
    }
  }

  @Test
  void what_a_device_adds_pushes_nothing_out_and_is_told_and_the_way_back_works() throws Exception {
    try (Shop shop = new Shop()) {
      shop.backUp();
      shop.backUp();
      shop.backUp();
      done(shop.spared, "housekeep", "catalogue");
      assertThat(problems(shop)).isEmpty();

      // Everything that an append-only way lets in.
      HandMade planted = new HandMade(ResticBinaries.current(), shop.taken);
      Path empty = shop.taken.source("empty", 0);
      for (int day = 1; day <= 14; day++) {
        planted.planted(
            "spared", shop.job, "letters", "2099-01-" + (10 + day) + " 00:00:00", empty);
      }
      planted.planted("spared", shop.job, "letters", "2026-01-01 00:00:00", empty);
      Path passwordFile = Files.writeString(directory.resolve("strangers"), "strangers-password");
      Result added =
          attack(
              shop,
              Site.REPOSITORY_PASSWORD,
              "key",
              "add",
              "--new-password-file=" + passwordFile,
              "--user=nobody");
      assertThat(added.exitCode()).as(added.all()).isZero();
      // And the machine's own files, before the next backup.
      Files.writeString(shop.www.resolve("file-1"), "ENCRYPTED. PAY.");
      done(shop.taken, "backup", "www");

      Result forget = done(shop.spared, "housekeep", "forget");
      assertThat(forget.out()).contains("snapshots removed: 3");
      done(shop.spared, "housekeep", "prune");
      done(shop.spared, "housekeep", "check");
      assertThat(problems(shop)).contains("snapshots-untold", "repository-keys-unknown");

      // The spared machine restores its own, in place, whatever is newer in the repository.
      Files.writeString(shop.letters.resolve("file-1"), "lost");
      done(shop.spared, "restore", "letters", "--in-place", "--overwrite", "always");
      assertThat(shop.letters.resolve("file-1")).content().startsWith("letters 1");
      done(shop.spared, "prove", "letters");

      // The taken one is set up anew, and takes what was there before.
      JsonNode snapshots = JSON.readTree(done(shop.taken, "snapshots", "www", "--json").out());
      List<String> ids = new ArrayList<>();
      snapshots.forEach(snapshot -> ids.add(snapshot.path("id").asText()));
      assertThat(ids).as("two of the policy").hasSize(2);
      Path back = directory.resolve("back");
      boolean found = false;
      for (String id : ids) {
        Path to = back.resolve(id);
        done(shop.taken, "restore", id, "--to", to.toString());
        Path file = to.resolve(shop.www.toString().substring(1)).resolve("file-1");
        found |= Files.readString(file).startsWith("www 1");
      }
      assertThat(found).as("the last state before the attack").isTrue();
    }
  }
}
