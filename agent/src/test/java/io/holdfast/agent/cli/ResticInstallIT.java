package io.holdfast.agent.cli;

import static io.holdfast.agent.testing.Site.eventually;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.testing.Program;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ReleaseServer;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.Site;
import io.holdfast.agent.testing.SmallDisk;
import io.holdfast.agent.testing.WantsRoot;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code holdfast restic install}, from a web server on loopback. */
class ResticInstallIT {

  private static final String OLD = "0.14.0";
  private static final String NEW = "0.18.0";

  /** Whose checksum is known by nothing but its release's own list. */
  private static final String LISTED = "0.18.9";

  @TempDir private Path directory;
  private final Map<String, String> variables = new HashMap<>();

  /** On a machine that is not registered yet, with no restic in its path. */
  private Result holdfast(String... arguments) {
    Map<String, String> environment = new HashMap<>();
    // The proxy of whoever runs the tests is not meant.
    for (String proxy :
        List.of("https_proxy", "HTTPS_PROXY", "http_proxy", "no_proxy", "NO_PROXY")) {
      environment.put(proxy, "");
    }
    environment.putAll(variables);
    environment.put("PATH", "/nowhere");
    environment.put("HOME", directory.toString());
    environment.put("HOLDFAST_CONFIG", "");
    List<String> command = new ArrayList<>(List.of(Program.HOLDFAST));
    command.addAll(List.of(arguments));
    return Program.run(environment, command);
  }

  private Path state() {
    return directory.resolve("state");
  }

  private Path kept() {
    return state().resolve("lib/restic");
  }

  /** A configuration file that names no restic, and where its releases are. */
  private String config(String releases) throws IOException {
    Path config = directory.resolve("holdfast.yaml");
    Files.writeString(
        config,
        """
        device:
          id: web-01
        database:
          url: postgresql://agent:secret@127.0.0.1:1/holdfast
        restic:
          releases: %s
        state_directory: %s
        """
            .formatted(releases, state()));
    Files.setPosixFilePermissions(config, PosixFilePermissions.fromString("rw-------"));
    return config.toString();
  }

  private static Path script(Path file, String version) throws IOException {
    return ResticBinaries.script(file, "#!/bin/sh\necho 'restic " + version + " compiled by us'\n");
  }

  private void assertNothingLeft() throws IOException {
    if (Files.exists(state().resolve("lib"))) {
      try (Stream<Path> left = Files.list(state().resolve("lib"))) {
        assertThat(left.map(f -> f.getFileName().toString()))
            .isSubsetOf("install.lock", "restic", "files");
      }
    }
  }

  private void refused(Result result, String... words) throws IOException {
    assertThat(result.exitCode()).as(result.all()).isEqualTo(1);
    assertThat(result.err()).contains(words).doesNotContain("Exception", "\tat ");
    assertThat(result.out()).isEmpty();
    assertNothingLeft();
  }

  @Test
  void the_real_restic_is_installed_shown_and_used_and_an_upgrade_takes_its_place()
      throws Exception {
    List<Path> restics = ResticBinaries.all().toList();
    try (ReleaseServer server = ReleaseServer.plain()) {
      String config = config(server.address());
      server.release(OLD, restics.getFirst());
      server.release(NEW, ResticBinaries.current());
      Result old = holdfast("restic", "install", OLD, "--config", config);
      assertThat(old.exitCode()).as(old.all()).isZero();
      assertThat(old.out()).isEqualTo("restic 0.14.0 is installed: " + kept() + "\n");
      assertThat(kept()).hasSameBinaryContentAs(restics.getFirst());
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(kept())))
          .isEqualTo("rwxr-xr-x");
      assertThat(holdfast("restic", "show", "--config", config).out())
          .contains("restic   " + kept())
          .contains("'holdfast restic install'")
          .contains("0.14.0, less than full service");
      Result newer =
          holdfast("restic", "install", "--sha256", server.sumOf(NEW), "--config", config);
      assertThat(newer.exitCode()).as(newer.all()).isZero();
      assertThat(kept()).hasSameBinaryContentAs(ResticBinaries.current());
      var shown =
          new ObjectMapper()
              .readTree(holdfast("restic", "show", "--json", "--config", config).out());
      assertThat(shown.path("version").asText()).isEqualTo(NEW);
      assertThat(shown.path("origin").asText()).isEqualTo("installed");
      assertThat(shown.path("full_service").asBoolean()).isTrue();
      assertThat(server.asked())
          .containsExactly(
              "/releases/v0.14.0/SHA256SUMS",
              "/releases/v0.14.0/" + ReleaseServer.file(OLD),
              "/releases/v0.18.0/" + ReleaseServer.file(NEW));
      assertNothingLeft();
    }
  }

  @Test
  void a_daemon_backs_up_with_it_as_soon_as_it_is_there_and_never_fetches_it_by_itself()
      throws Exception {
    try (ReleaseServer server = ReleaseServer.plain();
        Site site = new Site(directory.resolve("site"), ResticBinaries.current())) {
      Files.writeString(
          site.config(),
          Files.readString(site.config())
              .replaceFirst(" path: .*", " releases: " + server.address()));
      site.findOnly(directory.resolve("nowhere"));
      server.release(NEW, ResticBinaries.current());
      site.controlPlane()
          .everySeconds(
              site.controlPlane().job(Site.DEVICE, "home", site.source("home", 3).toString()), 2);
      site.daemon();
      eventually()
          .until(() ->
              !site.controlPlane()
                  .rows("SELECT FROM problems WHERE code = 'restic-missing'")
                  .isEmpty());
      assertThat(server.asked()).isEmpty();
      Result installed = site.holdfast("restic", "install", "--sha256", server.sumOf(NEW));
      assertThat(installed.exitCode()).as(installed.all()).isZero();
      eventually()
          .until(() -> site.runs("home").stream().anyMatch(r -> "success".equals(r.get("status"))));
    }
  }

  @Test
  void what_is_not_what_it_should_be_is_not_installed_and_the_old_one_stays() throws Exception {
    Path good = script(directory.resolve("good"), "0.17.3");
    try (ReleaseServer server = ReleaseServer.plain()) {
      String config = config(server.address());
      server.release("0.17.3", good);
      assertThat(holdfast("restic", "install", "0.17.3", "--config", config).exitCode()).isZero();
      byte[] packed = ReleaseServer.bzip2(script(directory.resolve("next"), LISTED));
      String[] install = {"restic", "install", LISTED, "--config", config};

      server.release(LISTED, packed, "ab".repeat(32));
      refused(holdfast(install), "its SHA-256 is", "and should be " + "ab".repeat(32));
      server.put(LISTED, "SHA256SUMS", "nothing here\n".getBytes(UTF_8));
      refused(holdfast(install), "SHA256SUMS of restic 0.18.9 has no single checksum");
      server.remove(LISTED, "SHA256SUMS");
      refused(holdfast(install), "there is no restic 0.18.9 at " + server.address());
      server.release(LISTED, packed, ReleaseServer.sha256(packed));
      server.remove(LISTED, ReleaseServer.file(LISTED));
      refused(holdfast(install), "there is no " + ReleaseServer.file(LISTED));

      server.release(LISTED, good);
      refused(holdfast(install), "says that it is restic 0.17.3");
      server.release(
          LISTED, ResticBinaries.script(directory.resolve("bad"), "#!/bin/sh\nexit 1\n"));
      refused(holdfast(install), "what was fetched does not run here");
      byte[] noise = "no bzip2 at all".getBytes(UTF_8);
      server.release(LISTED, noise, ReleaseServer.sha256(noise));
      refused(holdfast(install), "BZip2");

      server.release(LISTED, packed, ReleaseServer.sha256(packed));
      server.cutAfter(packed.length / 2);
      refused(holdfast(install), "broke off");
      server.answerWith(503);
      refused(holdfast(install), "answers with HTTP 503", "Try again later");
      assertThat(kept()).hasSameBinaryContentAs(good);
    }
  }

  @Test
  void
      a_mirror_that_offers_another_program_as_the_tested_version_with_a_list_that_agrees_is_refused()
          throws Exception {
    try (ReleaseServer server = ReleaseServer.plain()) {
      String config = config(server.address());
      server.release(NEW, script(directory.resolve("another"), NEW));
      refused(
          holdfast("restic", "install", "--config", config),
          ReleaseServer.file(NEW)
              + " is not what it should be: its SHA-256 is "
              + server.sumOf(NEW));
      assertThat(server.asked()).containsExactly("/releases/v0.18.0/" + ReleaseServer.file(NEW));
      assertThat(kept()).doesNotExist();
    }
  }

  @Test
  void a_version_or_an_address_that_cannot_be_meant_is_refused_before_anything_is_asked()
      throws Exception {
    try (ReleaseServer server = ReleaseServer.plain()) {
      String config = config(server.address());
      refused(holdfast("restic", "install", "0.12.1", "-c", config), "restic 0.12.1 is too old");
      refused(holdfast("restic", "install", "0.18", "-c", config), "\"0.18\" is no version");
      refused(
          holdfast("restic", "install", "--from", "http://mirror.example", "-c", config),
          "is not https");
      refused(holdfast("restic", "install", "--sha256", "abc", "-c", config), "is no SHA-256");
      variables.put("HOLDFAST_JAVA_OPTIONS", "-Dos.arch=sparcv9");
      refused(holdfast("restic", "install", "-c", config), "no release for Linux on sparcv9");
      assertThat(server.asked()).isEmpty();
      assertThat(state()).doesNotExist();
    }
  }

  @Test
  void a_network_or_a_proxy_that_is_not_there_is_a_sentence() throws Exception {
    int nobody;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      nobody = socket.getLocalPort();
    }
    String config = config("http://127.0.0.1:" + nobody);
    refused(
        holdfast("restic", "install", "-c", config), "127.0.0.1 cannot be reached", "is refused");
    refused(
        holdfast("restic", "install", "--from", "https://mirror.invalid", "-c", config),
        "mirror.invalid cannot be reached");
    variables.put("HTTPS_PROXY", "http://127.0.0.1:" + nobody);
    refused(
        holdfast("restic", "install", "--from", "https://mirror.invalid", "-c", config),
        "the proxy 127.0.0.1:" + nobody + " cannot be reached");
    variables.put("HTTPS_PROXY", "http://me:hunter2@127.0.0.1:" + nobody);
    Result secret = holdfast("restic", "install", "--from", "https://mirror.invalid", "-c", config);
    refused(secret, "the variable HTTPS_PROXY names no proxy");
    assertThat(secret.all()).doesNotContain("hunter2");
  }

  @Test
  void a_proxy_that_wants_a_password_or_refuses_is_told_from_the_mirror() throws Exception {
    String sum = "ab".repeat(32);
    String[] plain = {"restic", "install", "--from", "http://mirror.invalid", "--sha256", sum};
    String[] secure = {"restic", "install", "--from", "https://mirror.invalid"};
    try (ReleaseServer proxy = ReleaseServer.plain()) {
      variables.put("http_proxy", proxy.address().replace("/releases", ""));
      proxy.answerWith(407);
      refused(holdfast(plain), "the proxy wants a user and a password", "restic.path");
      assertThat(proxy.asked()).containsExactly("/v0.18.0/" + ReleaseServer.file(NEW));
    }
    for (String status : List.of("407 Proxy Authentication Required", "403 Forbidden")) {
      try (ServerSocket proxy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        variables.put("https_proxy", "http://127.0.0.1:" + proxy.getLocalPort());
        Thread answering = Thread.startVirtualThread(() -> answer(proxy, status));
        refused(
            holdfast(secure),
            status.startsWith("407")
                ? "the proxy wants a user and a password"
                : "the proxy 127.0.0.1:" + proxy.getLocalPort() + " refuses: ");
        answering.join();
      }
    }
  }

  /** To one request. */
  private static void answer(ServerSocket proxy, String status) {
    try (Socket client = proxy.accept()) {
      BufferedReader request =
          new BufferedReader(new InputStreamReader(client.getInputStream(), UTF_8));
      while (!request.readLine().isEmpty()) {
        // Its head ends with an empty line.
      }
      client
          .getOutputStream()
          .write(("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n").getBytes(UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void redirections_are_followed_but_never_from_https_to_http() throws Exception {
    Path restic = script(directory.resolve("good"), LISTED);
    Path trusted = directory.resolve("trusted.p12");
    try (ReleaseServer plain = ReleaseServer.plain();
        ReleaseServer other = ReleaseServer.plain();
        ReleaseServer secure = ReleaseServer.secure(trusted)) {
      String config = config(secure.address());
      String[] install = {"restic", "install", LISTED, "-c", config};
      secure.release(LISTED, restic);
      plain.release(LISTED, restic);
      refused(holdfast(install), "the TLS connection to 127.0.0.1 fails");
      variables.put(
          "HOLDFAST_JAVA_OPTIONS",
          "-Djavax.net.ssl.trustStore=" + trusted + " -Djavax.net.ssl.trustStorePassword=changeit");
      assertThat(holdfast(install).exitCode()).isZero();
      secure.redirectTo(plain.address());
      refused(holdfast(install), "is redirected to an address that is not https");
      assertThat(plain.asked()).isEmpty();
      other.redirectTo(plain.address());
      assertThat(
              holdfast("restic", "install", LISTED, "--from", other.address(), "-c", config)
                  .exitCode())
          .isZero();
      plain.redirectTo(plain.address());
      refused(
          holdfast("restic", "install", LISTED, "--from", plain.address(), "-c", config),
          "is redirected more than 5 times");
      plain.redirectTo("http://mirror.invalid");
      refused(
          holdfast("restic", "install", LISTED, "--from", plain.address(), "-c", config),
          "is redirected to an address that is not https");
    }
  }

  @WantsRoot
  @Test
  void a_full_disk_is_a_sentence_and_what_was_there_stays() throws Exception {
    Path small = script(directory.resolve("good"), "0.17.3");
    Files.createDirectories(state());
    try (SmallDisk _ = SmallDisk.at(state().resolve("lib"), 4);
        ReleaseServer server = ReleaseServer.plain()) {
      String config = config(server.address());
      server.release("0.17.3", small);
      server.release(NEW, ResticBinaries.current());
      assertThat(holdfast("restic", "install", "0.17.3", "-c", config).exitCode()).isZero();
      refused(
          holdfast("restic", "install", "--sha256", server.sumOf(NEW), "-c", config),
          "No space left on device",
          "Make room");
      assertThat(kept()).hasSameBinaryContentAs(small);
    }
  }
}
