package io.holdfast.agent.architecture;

import static io.holdfast.agent.testing.Site.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.agent.architecture.Page.Block;
import io.holdfast.agent.architecture.Page.Line;
import io.holdfast.agent.testing.Authority;
import io.holdfast.agent.testing.BreakableServer;
import io.holdfast.agent.testing.ControlPlane;
import io.holdfast.agent.testing.OtherMachine;
import io.holdfast.agent.testing.Program;
import io.holdfast.agent.testing.Program.Result;
import io.holdfast.agent.testing.ResticBinaries;
import io.holdfast.agent.testing.WantsRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * "Use it" of the README, typed as it stands there by somebody who does what its comments say:
 * PostgreSQL and the storage on one machine, the agent on another.
 */
@WantsRoot
class ReadmeIT {

  private static final Path README = Path.of("README.md");
  private static final String CHAPTER = "## Use it";

  private static final String SERVER = "198.19.7.2";
  private static final String CLIENT = "198.19.7.3";

  /** What is typed wherever the page leaves a password open. */
  private static final String PASSWORD = "typed-4711";

  /**
   * What a person does besides typing: he gives passwords that are asked for, carries the token to
   * the other machine, leaves alone what runs in the foreground, and, so as not to wait for the
   * next night, has machines where it is 02:00 soon.
   */
  private static final String PERSON =
      """
      set -euo pipefail
      restic() { printf '%s\\n' "$PASSWORD" | command restic "$@"; }
      holdfast() {
        case $1 in
          enrol-token) command holdfast "$@" | tee "$CARRIED/token" ;;
          register) command holdfast "$@" <"$CARRIED/token" ;;
          daemon)
            local east=$(((2 * 60 + 2 * 1440 - $(date +%s) / 60 % 1440 - 3) % 1440)) sign=+
            if [ "$east" -ge 720 ]; then east=$((1440 - east)) sign=-; fi
            JAVA_TOOL_OPTIONS=$(printf -- '-Duser.timezone=GMT%s%02d:%02d' "$sign" $((east / 60)) $((east % 60)))
            export JAVA_TOOL_OPTIONS
            command holdfast "$@" >"$CARRIED/daemon.log" 2>&1 </dev/null &
            echo $! >"$CARRIED/daemon.pid"
            ;;
          *) command holdfast "$@" ;;
        esac
      }
      """;

  @TempDir private Path directory;

  private OtherMachine db;
  private OtherMachine web;
  private BreakableServer server;

  @BeforeEach
  void switchOn() throws IOException {
    db = OtherMachine.named("db", directory.resolve("machines"));
    web = OtherMachine.named("web-01", directory.resolve("machines"));
    db.connect(SERVER, web, CLIENT);
    server = BreakableServer.startOn(db, directory.resolve("server"));
    Authority authority = new Authority(directory.resolve("authority"), "The house's own");
    server.speakTls(authority.server("db.example"), authority.root());
    for (OtherMachine machine : List.of(db, web)) {
      machine.mustRun(
          "sh",
          "-euc",
          """
          echo "$1 db.example nas" >>/etc/hosts
          cd "$2"
          mkdir -m 700 .postgresql .ssh
          cp "$3" .postgresql/root.crt
          echo "db.example:5432:holdfast:*:$4" >.pgpass
          chmod 600 .pgpass
          ssh-keygen -q -t ed25519 -N '' -f .ssh/id_ed25519
          """,
          "sh",
          SERVER,
          OtherMachine.HOME,
          authority.root().toString(),
          PASSWORD);
    }
    serveSftp();
    web.mustRun("sh", "-euc", "mkdir -p /srv/www/a; date >/srv/www/a/index; ln -s a /srv/www/b");
  }

  /** OpenSSH as its package brings it, but for the keys' place and PAM, which a container lacks. */
  private void serveSftp() throws IOException {
    Path config =
        Files.writeString(
            directory.resolve("sshd_config"),
            """
            HostKey /etc/ssh/host_key
            AuthorizedKeysFile /etc/ssh/keys-of-%u
            PidFile none
            UsePAM no
            Subsystem sftp internal-sftp
            """);
    String publicKey = OtherMachine.HOME + "/.ssh/id_ed25519.pub";
    db.mustRun(
        "sh",
        "-euc",
        """
        rm -f /etc/ssh/host_key
        ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/host_key
        printf '%s\\n' "$@" >/etc/ssh/keys-of-backup
        mkdir -p /run/sshd
        mkdir /srv/restic
        chown backup /srv/restic
        """,
        "sh",
        db.mustRun("cat", publicKey).out().strip(),
        web.mustRun("cat", publicKey).out().strip());
    db.start(directory.resolve("sshd.log"), "/usr/sbin/sshd", "-D", "-e", "-f", config.toString());
    for (OtherMachine machine : List.of(db, web)) {
      eventually()
          .until(() ->
              machine
                      .run(
                          Map.of(),
                          "sh",
                          "-c",
                          "ssh-keyscan -t ed25519 nas >" + OtherMachine.HOME + "/.ssh/known_hosts")
                      .exitCode()
                  == 0);
    }
  }

  @AfterEach
  void switchOff() throws IOException {
    Path daemon = directory.resolve("daemon.pid");
    if (Files.exists(daemon)) {
      ProcessHandle.of(Long.parseLong(Files.readString(daemon).strip()))
          .ifPresent(process -> {
            process.destroy();
            eventually().until(() -> !process.isAlive());
          });
    }
    server.close();
    web.close();
    db.close();
  }

  @Test
  void what_the_readme_says_leads_to_a_scheduled_run_and_a_restore() throws Exception {
    List<Step> steps = steps();
    assertThat(steps)
        .as("the steps of " + CHAPTER)
        .extracting(Step::commands)
        .anyMatch(text -> text.contains("holdfast migrate"))
        .anyMatch(text -> text.contains("holdfast daemon"))
        .last()
        .asString()
        .contains("holdfast restore www --to /srv/restored");
    for (Step step : steps.subList(0, steps.size() - 1)) {
      type(step);
    }

    ControlPlane psql = server.controlPlaneOfOthers();
    eventually()
        .until(() ->
            !psql.rows(
                    "SELECT FROM runs WHERE job_name = 'www' AND triggered_by = 'schedule'"
                        + " AND status = 'success'")
                .isEmpty());
    assertThat(psql.row("SELECT rolsuper FROM pg_roles WHERE rolname = 'owner'"))
        .containsEntry("rolsuper", false);
    assertThat(psql.rows("SELECT code, message FROM problems")).isEmpty();
    assertThat(
            psql.rows(
                "SELECT DISTINCT client_addr::text FROM pg_stat_activity JOIN pg_stat_ssl"
                    + " USING (pid) WHERE ssl AND usename LIKE 'holdfast%'"))
        .as("the agent, over TLS, from its own machine")
        .containsExactly(Map.of("client_addr", CLIENT + "/32"));

    type(steps.getLast());
    web.mustRun("diff", "-r", "--no-dereference", "/srv/www", "/srv/restored/srv/www");
  }

  /**
   * A block of shell.
   *
   * @param where the lines above it, which say who types it and at which machine
   */
  private record Step(String where, String commands) {}

  private static List<Step> steps() {
    Page page = Page.read(README);
    int begin = line(page, Pattern.compile(Pattern.quote(CHAPTER)), 0);
    int end = line(page, Pattern.compile("## .*"), begin);
    List<Step> steps = new ArrayList<>();
    int after = begin;
    for (Block block : page.blocks("sh")) {
      if (block.number() > begin && block.number() < end) {
        steps.add(new Step(prose(page, after, block.number()), block.text()));
        after = block.number();
      }
    }
    return steps;
  }

  private static String prose(Page page, int after, int before) {
    return page.prose().stream()
        .filter(line -> line.number() > after && line.number() < before)
        .map(Line::text)
        .collect(Collectors.joining(" "));
  }

  private static int line(Page page, Pattern heading, int after) {
    return page.prose().stream()
        .filter(line -> line.number() > after && heading.matcher(line.text()).matches())
        .mapToInt(Line::number)
        .findFirst()
        .orElseThrow();
  }

  private void type(Step step) throws IOException {
    OtherMachine machine = step.where().contains("On the machine") ? web : db;
    Path script =
        Files.writeString(
            directory.resolve("typed"),
            PERSON + step.commands().replace("'...'", "'" + PASSWORD + "'"));
    Map<String, String> environment = new HashMap<>();
    environment.put("HOME", OtherMachine.HOME);
    environment.put("PASSWORD", PASSWORD);
    environment.put("CARRIED", directory.toString());
    environment.put("PATH", path());
    if (step.where().contains("as its superuser")) {
      environment.putAll(server.superuser());
      environment.put("PGDATABASE", "postgres");
    }
    // Without a terminal, so that what asks for a password reads it from its standard input.
    Result result = machine.run(environment, "setsid", "--wait", "bash", script.toString());
    assertThat(result.exitCode()).as("%s\n%s", step, result.all()).isZero();
    assertThat(result.err()).as("psql goes on after a refusal").doesNotContain("ERROR:");
  }

  private static String path() {
    return Path.of(Program.HOLDFAST).getParent()
        + ":"
        + ResticBinaries.current().getParent()
        + ":"
        + System.getenv("PATH");
  }
}
