package io.holdfast.agent.location;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a repository's URL may be written: as restic takes it apart, but for what it would guess at.
 * {@code holdfast.repository_url_fault} in the database has the same expressions, and {@code
 * repository-urls.tsv} holds both to the same answers.
 */
final class UrlForm {

  private static final int LONGEST = 4096;

  private static final String USERINFO = "(?:(?<user>[A-Za-z0-9._~!$&'()*+,;=:@%-]*)@)?";
  private static final String HOST =
      "(?<host>[A-Za-z0-9_][A-Za-z0-9._-]*|\\[[0-9A-Fa-f:.]+(?:%25[A-Za-z0-9._-]+)?\\])"
          + "(?::(?<port>[0-9]{1,5}))?";

  private static final Pattern CONTROL =
      Pattern.compile("[\\x01-\\x1f\\x7f-\\x9f\\u2028\\u2029\\x00]");
  private static final Pattern DOTS =
      Pattern.compile("(?:^|[/\\\\:]|%2[fF]|%5[cC])(?:\\.|%2[eE]){2}(?:[/\\\\]|%2[fF]|%5[cC]|\\z)");
  private static final Pattern SCHEME =
      Pattern.compile("(?<scheme>local|sftp|rest|s3|gs|swift|b2|azure|rclone):");
  private static final Pattern SOME_SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*:");
  private static final Pattern ABSOLUTE =
      Pattern.compile("(?:/|[A-Za-z]:[\\\\/]|\\\\\\\\[^\\\\/]+[\\\\/]+[^\\\\/])");
  private static final Pattern IN_URL = Pattern.compile("(?:sftp|rest:https?|s3:https?)://");
  private static final Pattern OPTION = Pattern.compile("sftp:(?://)?(?:[^/]*@)?(?:-|%2[dD])");
  private static final Pattern ODD_PERCENT = Pattern.compile("%(?![0-9A-Fa-f]{2})");
  private static final Pattern PATH_OF_URL = Pattern.compile("[^/]*//[^/]*(?<path>/.*)");
  private static final Pattern ODD_IN_PATH = Pattern.compile("[?#\\\\]|%(?:2[fF]|5[cC])");

  private static final Pattern SFTP_URL =
      Pattern.compile("sftp://" + USERINFO + HOST + "/(?<path>.+)");
  private static final Pattern SFTP =
      Pattern.compile(
          "sftp:(?:(?<user>[^\\s:/\\\\@-][^\\s:/]*)@)?(?<host>[A-Za-z0-9_][A-Za-z0-9._-]*)"
              + ":(?<path>[^@/]+(?:/.*)?|/.*)");
  private static final Pattern REST =
      Pattern.compile("rest:(?<transport>https?)://" + USERINFO + HOST + "(?<path>/.*)?");
  private static final Pattern S3_URL =
      Pattern.compile("s3:(?<transport>https?)://" + USERINFO + HOST + "(?<path>/[^/]+(?:/.*)?)");
  private static final Pattern S3 =
      Pattern.compile("s3:(?://)?" + HOST + "(?<path>/[^/]+(?:/.*)?)");
  private static final Pattern RCLONE =
      Pattern.compile("rclone:(?<host>[A-Za-z0-9_][A-Za-z0-9_.+@-]*):(?<path>.*)");
  private static final Pattern BUCKET =
      Pattern.compile("[a-z0-9]+:(?<host>[^:/\\s]+)(?::(?<path>.*))?");

  private UrlForm() {}

  /** What is wrong with it by its form alone. */
  static Optional<UrlFault> fault(String url) {
    Optional<String> scheme = scheme(url);
    if (CONTROL.matcher(url).find()) {
      return Optional.of(UrlFault.CONTROL);
    }
    if (url.length() > LONGEST) {
      return Optional.of(UrlFault.FORM);
    }
    if (DOTS.matcher(url).find()) {
      return Optional.of(UrlFault.DOTS);
    }
    if (scheme.isEmpty()) {
      return isAbsolute(url)
          ? Optional.empty()
          : Optional.of(SOME_SCHEME.matcher(url).lookingAt() ? UrlFault.SCHEME : UrlFault.RELATIVE);
    }
    if (scheme.get().equals("local")) {
      return isAbsolute(localPath(url)) ? Optional.empty() : Optional.of(UrlFault.RELATIVE);
    }
    if (OPTION.matcher(url).lookingAt()) {
      return Optional.of(UrlFault.OPTION);
    }
    if (hasOddities(url) || !form(scheme.get(), url).matcher(url).matches()) {
      return Optional.of(scheme.get().equals("rclone") ? UrlFault.RCLONE : UrlFault.FORM);
    }
    return Optional.empty();
  }

  private static boolean hasOddities(String url) {
    if (!inUrl(url)) {
      return false;
    }
    Matcher path = PATH_OF_URL.matcher(url);
    return ODD_PERCENT.matcher(url).find()
        || (path.matches() && ODD_IN_PATH.matcher(path.group("path")).find());
  }

  /** Whether restic has its host and path read by Go as those of a URL, and unescaped. */
  static boolean inUrl(String url) {
    return IN_URL.matcher(url).lookingAt();
  }

  static Optional<String> scheme(String url) {
    Matcher matcher = SCHEME.matcher(url);
    return matcher.lookingAt() ? Optional.of(matcher.group("scheme")) : Optional.empty();
  }

  private static boolean isAbsolute(String path) {
    return ABSOLUTE.matcher(path).lookingAt();
  }

  static String localPath(String url) {
    return url.startsWith("local:") ? url.substring("local:".length()) : url;
  }

  /** Its parts: user, host, port, path and transport, as far as the kind of storage has them. */
  static Pattern form(String scheme, String url) {
    return switch (scheme) {
      case "sftp" -> inUrl(url) ? SFTP_URL : SFTP;
      case "rest" -> REST;
      case "s3" -> inUrl(url) ? S3_URL : S3;
      case "rclone" -> RCLONE;
      default -> BUCKET;
    };
  }
}
