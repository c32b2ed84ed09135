package io.holdfast.agent.testing;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The control planes of a test class end with it, so that the server does not hold those of all
 * tests at once. Found by JUnit itself.
 */
public final class DroppedDatabases implements AfterAllCallback {

  @Override
  public void afterAll(ExtensionContext testClass) {
    if (testClass.getRequiredTestClass().getEnclosingClass() == null) {
      ControlPlane.dropAll();
    }
  }
}
