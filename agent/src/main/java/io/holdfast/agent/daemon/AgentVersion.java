package io.holdfast.agent.daemon;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The version that the build stamped into this agent. */
public final class AgentVersion {

  private AgentVersion() {}

  public static String current() {
    Properties properties = new Properties();
    try (InputStream in = AgentVersion.class.getResourceAsStream("agent.properties")) {
      if (in == null) {
        throw new IllegalStateException("the build left out agent.properties");
      }
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("version");
  }
}
