package dev.slipway.compatibility;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The test shows that these features work. Only literals: the page is made from the sources. One
 * test for one feature is best; a test that shows several names them all.
 */
@Retention(RetentionPolicy.SOURCE)
@Target(ElementType.METHOD)
public @interface Feature {
  /** As a user would look for them: {@code RUN --mount=type=secret}. */
  String[] value();

  /** Where on the page. */
  Area area() default Area.DOCKERFILE;

  /** A sentence, where the name does not say enough. */
  String note() default "";
}
