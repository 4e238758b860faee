/**
 * Certificates, and the TLS in front of gRPC and HTTP: makes a CA and what it issues, reads PEM
 * files, serves what stands in them now. A caller that is turned away is told why. Depends on:
 * error, config.
 */
@NullMarked
package dev.slipway.certificates;

import org.jspecify.annotations.NullMarked;
