/**
 * Calls of Linux that the JDK does not have: mounts, device nodes, extended attributes, files
 * relative to directory descriptors with paths that cannot leave their root. Thin: one method a
 * call, errors as {@link dev.slipway.linux.LinuxException}. Needs {@code --enable-native-access}.
 * Depends on: nothing.
 */
@NullMarked
package dev.slipway.linux;

import org.jspecify.annotations.NullMarked;
