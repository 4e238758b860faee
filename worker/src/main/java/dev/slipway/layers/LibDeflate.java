package dev.slipway.layers;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.Optional;

/**
 * Gzip members made by libdeflate, in about half of zlib's time; the library is a package of every
 * distribution. One compressor for each thread that asks. @ThreadSafe
 */
final class LibDeflate implements GzipMember {
  private static final String LIBRARY = "libdeflate.so.0";

  private final int level;
  private final MethodHandle allocate;
  private final MethodHandle free;
  private final MethodHandle bound;
  private final MethodHandle compress;
  private final ThreadLocal<MemorySegment> compressors = ThreadLocal.withInitial(this::compressor);

  private LibDeflate(SymbolLookup library, int level) {
    this.level = level;
    Linker linker = Linker.nativeLinker();
    allocate =
        linker.downcallHandle(
            library.findOrThrow("libdeflate_alloc_compressor"),
            FunctionDescriptor.of(ADDRESS, JAVA_INT));
    free =
        linker.downcallHandle(
            library.findOrThrow("libdeflate_free_compressor"), FunctionDescriptor.ofVoid(ADDRESS));
    bound =
        linker.downcallHandle(
            library.findOrThrow("libdeflate_gzip_compress_bound"),
            FunctionDescriptor.of(JAVA_LONG, ADDRESS, JAVA_LONG),
            Linker.Option.critical(false));
    // On the arrays themselves: a block takes a few milliseconds, which a collection can wait.
    compress =
        linker.downcallHandle(
            library.findOrThrow("libdeflate_gzip_compress"),
            FunctionDescriptor.of(JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG),
            Linker.Option.critical(true));
  }

  /** Empty where the library is not installed. */
  static Optional<LibDeflate> find(int level) {
    try {
      return Optional.of(
          new LibDeflate(SymbolLookup.libraryLookup(LIBRARY, Arena.global()), level));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  @Override
  public byte[] of(byte[] block, int length) throws IOException {
    try {
      MemorySegment compressor = compressors.get();
      byte[] out = new byte[Math.toIntExact((long) bound.invokeExact(compressor, (long) length))];
      long size =
          (long)
              compress.invokeExact(
                  compressor,
                  MemorySegment.ofArray(block),
                  (long) length,
                  MemorySegment.ofArray(out),
                  (long) out.length);
      if (size == 0) {
        throw new IOException(
            "a block of " + length + " bytes did not compress into " + out.length);
      }
      return Arrays.copyOf(out, (int) size);
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("libdeflate could not be called", e);
    }
  }

  private MemorySegment compressor() {
    try {
      MemorySegment made = (MemorySegment) allocate.invokeExact(level);
      if (made.address() == 0) {
        throw new OutOfMemoryError("libdeflate has no memory for a compressor");
      }
      return made.reinterpret(Arena.ofAuto(), this::release);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("libdeflate could not be called", e);
    }
  }

  private void release(MemorySegment compressor) {
    try {
      free.invokeExact(compressor);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("libdeflate could not be called", e);
    }
  }
}
