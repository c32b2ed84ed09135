package io.holdfast.agent.release;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.Proxy;
import java.net.URI;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReleaseTest {

  private static final String SUM = "ab".repeat(32);

  private static Release linux(String version) throws CannotInstall {
    return Release.of(version, Platform.of("Linux", "amd64"));
  }

  @ParameterizedTest
  @CsvSource({
    "Linux, amd64, restic_0.18.0_linux_amd64.bz2",
    "Linux, aarch64, restic_0.18.0_linux_arm64.bz2",
    "Linux, riscv64, restic_0.18.0_linux_riscv64.bz2",
    "Windows 11, amd64, restic_0.18.0_windows_amd64.zip",
    "Windows Server 2022, x86, restic_0.18.0_windows_386.zip"
  })
  void files_are_called_as_on_the_release_page(String os, String arch, String file)
      throws CannotInstall {
    assertThat(Release.of("v0.18.0", Platform.of(os, arch)).file()).isEqualTo(file);
  }

  @ParameterizedTest
  @CsvSource({"Linux, sparcv9", "Windows 11, riscv64", "SunOS, amd64"})
  void a_machine_without_a_release_is_told_so(String os, String arch) {
    assertThatThrownBy(() -> Platform.of(os, arch))
        .isInstanceOf(CannotInstall.class)
        .hasMessage("restic has no release for " + os + " on " + arch + " that Holdfast knows");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"0.18", "latest", "", "../../0.18.0", "0.18.0/x", "0.18.0 ", "0.18.0-rc1"})
  void what_is_no_version_never_becomes_part_of_an_address(String version) {
    assertThatThrownBy(() -> linux(version))
        .hasMessage("\"" + version + "\" is no version of restic");
  }

  @Test
  void a_version_that_holdfast_cannot_use_is_not_fetched() {
    assertThatThrownBy(() -> linux("0.13.1")).hasMessageStartingWith("restic 0.13.1 is too old");
  }

  @Test
  void a_checksum_is_found_in_the_list_by_the_whole_name() throws CannotInstall {
    String list =
        "cd".repeat(32)
            + "  restic_0.18.0_linux_amd64.bz2.asc\n"
            + SUM.toUpperCase(Locale.ROOT)
            + " *restic_0.18.0_linux_amd64.bz2\n"
            + "ef".repeat(32)
            + "  restic_0.18.0_linux_arm64.bz2\n";
    assertThat(Checksum.listed(list, linux("0.18.0"))).isEqualTo(new Checksum(SUM));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "<html>not found</html>",
        "abcd  restic_0.18.0_linux_amd64.bz2",
        "xx  restic_0.18.1_linux_amd64.bz2"
      })
  void a_list_without_a_good_checksum_is_refused(String list) {
    assertThatThrownBy(() -> Checksum.listed(list, linux("0.18.0")))
        .hasMessageContaining("has no single checksum of restic_0.18.0_linux_amd64.bz2");
  }

  @Test
  void two_checksums_for_one_file_are_none() {
    String line = "  restic_0.18.0_linux_amd64.bz2\n";
    assertThatThrownBy(() -> Checksum.listed(SUM + line + "cd".repeat(32) + line, linux("0.18.0")))
        .isInstanceOf(CannotInstall.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://mirror.example/restic",
        "http://127.0.0.1:8080/x",
        "http://[::1]:8080",
        "http://localhost/restic/"
      })
  void a_base_address_is_https_or_this_machine(String address) throws CannotInstall {
    assertThat(BaseAddress.of(address, false).of(linux("0.18.0"), "f").toString())
        .endsWith("/v0.18.0/f")
        .doesNotContain("//v");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://mirror.example/restic",
        "http://127.0.0.1.evil.example/",
        "ftp://mirror.example",
        "file:///etc",
        "/srv/restic",
        "https://user:secret@mirror.example",
        "https://mirror.example/?a=b",
        "https:// mirror"
      })
  void any_other_is_refused_without_repeating_a_password(String address) {
    assertThatThrownBy(() -> BaseAddress.of(address, false))
        .isInstanceOf(CannotInstall.class)
        .hasMessageNotContaining("secret");
  }

  @Test
  void plain_http_will_do_where_the_checksum_is_known_but_never_after_https() throws Exception {
    BaseAddress plain = BaseAddress.of("http://mirror.example/restic", true);
    assertThat(plain.mayFetch(URI.create("http://other.example/"), false)).isTrue();
    assertThat(plain.mayFetch(URI.create("http://other.example/"), true)).isFalse();
    assertThat(plain.mayFetch(URI.create("file:///etc/passwd"), false)).isFalse();
  }

  @Test
  void the_proxy_is_the_one_of_the_environment_but_not_for_whom_it_spares() throws Exception {
    Proxies proxies =
        new Proxies(
            Map.of("HTTPS_PROXY", "http://proxy.example:3128", "no_proxy", ".corp.example, other"));
    assertThat(proxies.towards(URI.create("https://github.com/x")).address().toString())
        .contains("proxy.example")
        .endsWith(":3128");
    for (String spared : new String[] {"a.corp.example", "corp.example", "other", "127.0.0.1"}) {
      assertThat(proxies.towards(URI.create("https://" + spared + "/x"))).isEqualTo(Proxy.NO_PROXY);
    }
    assertThatThrownBy(() ->
            new Proxies(Map.of("https_proxy", "http://u:hunter2@p:1"))
                .towards(URI.create("https://github.com/x")))
        .hasMessage("the variable HTTPS_PROXY names no proxy that can be used");
  }
}
