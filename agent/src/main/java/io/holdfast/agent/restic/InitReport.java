package io.holdfast.agent.restic;

/**
 * What came of initialising a repository.
 *
 * @param message why it did not work; empty if it did
 */
public record InitReport(boolean initialised, String message) {}
