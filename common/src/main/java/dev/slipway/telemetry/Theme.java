package dev.slipway.telemetry;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The heading of a group of metrics in docs/metrics.md. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@interface Theme {
  String value();
}
