package dev.gnomon.bench;

/** A measurement came to no result. */
final class FailedMeasurementException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  FailedMeasurementException(String message, Throwable cause) {
    super(message, cause);
  }

  FailedMeasurementException(String message) {
    super(message);
  }
}
