package io.holdfast.agent.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import java.util.Optional;

/**
 * How far a run is, as {@code runs.progress} shows it.
 *
 * @param percentDone 0 to 100
 * @param totalFiles empty while restic still counts
 * @param trouble what restic's storage refuses it just now
 */
@JsonInclude(JsonInclude.Include.NON_ABSENT)
public record ProgressReport(
    @JsonProperty("at") Instant at,
    @JsonProperty("percent_done") double percentDone,
    @JsonProperty("files_done") long filesDone,
    @JsonProperty("total_files") Optional<Long> totalFiles,
    @JsonProperty("bytes_done") long bytesDone,
    @JsonProperty("total_bytes") Optional<Long> totalBytes,
    @JsonProperty("error_count") long errorCount,
    @JsonProperty("trouble") Optional<String> trouble) {}
