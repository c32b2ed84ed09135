package io.holdfast.agent.restic;

import java.nio.file.Path;

/** A restic that was found and has said its version. */
public record ResticBinary(Path path, ResticVersion version) {}
