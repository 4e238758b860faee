package dev.slipway.compatibility;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The test asserts that these features are refused, by name. Only literals, as in {@link Feature}.
 */
@Retention(RetentionPolicy.SOURCE)
@Target(ElementType.METHOD)
public @interface Refused {
  /** As a user would look for them. */
  String[] value();

  /** The reason, for the user. */
  String why();

  /** Where on the page. */
  Area area() default Area.DOCKERFILE;
}
