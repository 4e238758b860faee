/**
 * Files behind {@code http://} and {@code https://}, asked again with what was known of them, and
 * what a client offers at {@code http://buildkit-session/}. RFC 9110, Conditional Requests.
 */
@NullMarked
package dev.slipway.fetch.http;

import org.jspecify.annotations.NullMarked;
