package dev.slipway.session;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.buildkit.content.WriteAction;
import dev.slipway.protocol.buildkit.content.WriteContentRequest;
import dev.slipway.protocol.buildkit.content.WriteContentResponse;
import dev.slipway.protocol.buildkit.exporter.ExporterGrpc;
import dev.slipway.protocol.buildkit.exporter.FinalizeExportRequest;
import dev.slipway.protocol.buildkit.exporter.FindExportersRequest;
import dev.slipway.protocol.buildkit.filesync.BytesMessage;
import dev.slipway.protocol.buildkit.fsutil.Packet;
import io.grpc.Metadata;
import io.grpc.Metadata.Key;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/** A session's targets. @ThreadSafe */
final class TunnelTargets implements ClientTargets {
  private static final String SEND = "/moby.filesync.v1.FileSend/diffcopy";
  private static final Key<String> EXPORTER = key("buildkit-attachable-exporter-id");
  private static final Key<String> EXACT = key("buildkit-exporter-multi-platform");
  private static final Key<String> STORE = key("buildkit-attachable-store-id");
  private static final String METADATA = "exporter-md-";

  /** The client's store that takes exports without a tar. */
  private static final String EXPORT_STORE = "export";

  /** Of one message: known clients take 4 MiB; less keeps several streams of a session going. */
  private static final int CHUNK = 256 << 10;

  /** A client decides, or finishes, by calling others; longer than that nobody waits. */
  private static final long PATIENCE_SECONDS = 300;

  private final TunnelSession session;

  TunnelTargets(TunnelSession session) {
    this.session = session;
  }

  @Override
  public boolean file(int exporter, Map<String, String> metadata, Content content)
      throws SlipwayException, InterruptedException {
    requireSend();
    Metadata headers = headers(exporter);
    metadata.forEach((name, value) -> headers.put(key(METADATA + name), value));
    try (OutgoingCall<BytesMessage, BytesMessage> call =
        new OutgoingCall<>(session, TargetMethods.FILE, headers, "export to a file")) {
      OutputStream out = new BufferedOutputStream(new Chunks(call), CHUNK);
      content.writeTo(out);
      out.flush();
      call.finish();
      return true;
    } catch (IOException e) {
      return existed(unwrapped(e, "export to a file failed"));
    } catch (SlipwayException e) {
      return existed(e);
    }
  }

  /** Returns false when the client said that it needs nothing. */
  private static boolean existed(SlipwayException e) throws SlipwayException {
    if (e.kind() == ErrorKind.CONFLICT) {
      return false;
    }
    throw e;
  }

  static SlipwayException unwrapped(IOException e, String what) throws InterruptedException {
    if (e.getCause() instanceof SlipwayException known) {
      return known;
    }
    if (e instanceof InterruptedIOException) {
      throw new InterruptedException(e.getMessage());
    }
    return new SlipwayException(ErrorKind.UNAVAILABLE, what + ": " + e.getMessage(), e);
  }

  @Override
  public void directory(int exporter, boolean exact, Tree tree, LongConsumer sent)
      throws SlipwayException, InterruptedException {
    requireSend();
    Metadata headers = headers(exporter);
    if (exact) {
      headers.put(EXACT, "1");
    }
    try (OutgoingCall<Packet, Packet> call =
        new OutgoingCall<>(session, TargetMethods.DIRECTORY, headers, "export to a directory")) {
      new DirectorySender(call, tree, sent).send();
    }
  }

  @Override
  public void blob(String digest, long size, Path file)
      throws SlipwayException, InterruptedException {
    Metadata headers = new Metadata();
    headers.put(STORE, EXPORT_STORE);
    try (OutgoingCall<WriteContentRequest, WriteContentResponse> call =
            new OutgoingCall<>(
                session, TargetMethods.CONTENT, headers, "export of blob " + digest);
        InputStream in = Files.newInputStream(file)) {
      WriteContentRequest.Builder request =
          WriteContentRequest.newBuilder()
              .setAction(WriteAction.STAT)
              .setRef(session.id() + "-" + digest)
              .setTotal(size)
              .setExpected(digest);
      long offset = answer(call, request.build(), digest).getOffset();
      in.skipNBytes(offset);
      byte[] buffer = new byte[CHUNK];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        answer(
            call,
            request
                .setAction(WriteAction.WRITE)
                .setOffset(offset)
                .setData(ByteString.copyFrom(buffer, 0, count))
                .build(),
            digest);
        offset += count;
      }
      answer(
          call,
          request.setAction(WriteAction.COMMIT).setOffset(offset).clearData().build(),
          digest);
      call.finish();
    } catch (SlipwayException e) {
      existed(e);
    } catch (IOException e) {
      throw unwrapped(e, "export of blob " + digest + " failed");
    }
  }

  private static WriteContentResponse answer(
      OutgoingCall<WriteContentRequest, WriteContentResponse> call,
      WriteContentRequest request,
      String digest)
      throws SlipwayException, InterruptedException {
    call.send(request);
    return call.next()
        .orElseThrow(() ->
            new SlipwayException(
                ErrorKind.INVALID,
                "export of blob " + digest + " failed: the client ended it too early"));
  }

  @Override
  public List<Wish> wishes(Map<String, byte[]> metadata, List<String> references)
      throws SlipwayException, InterruptedException {
    FindExportersRequest.Builder question =
        FindExportersRequest.newBuilder().addAllRefs(references);
    metadata.forEach((name, value) -> question.putMetadata(name, ByteString.copyFrom(value)));
    List<Wish> wishes = new ArrayList<>();
    ask("asking the client for exporters", stub -> stub.findExporters(question.build()))
        .ifPresent(answer ->
            answer
                .getExportersList()
                .forEach(each -> wishes.add(new Wish(each.getType(), each.getAttrsMap()))));
    return wishes;
  }

  @Override
  public void exported(Map<String, String> response) throws SlipwayException, InterruptedException {
    ask(
        "telling the client of its exports",
        stub ->
            stub.finalizeExport(
                FinalizeExportRequest.newBuilder().putAllExporterResponse(response).build()));
  }

  private interface Question<T> {
    T to(ExporterGrpc.ExporterBlockingStub stub);
  }

  /** Clients that do not serve these calls, or not now, have no wishes. */
  private <T> Optional<T> ask(String what, Question<T> question)
      throws SlipwayException, InterruptedException {
    try {
      return Optional.of(
          question.to(
              ExporterGrpc.newBlockingStub(session.channel())
                  .withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS)));
    } catch (StatusRuntimeException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException(what + " was interrupted");
      }
      Status.Code code = e.getStatus().getCode();
      if (code == Status.Code.UNIMPLEMENTED
          || (code == Status.Code.UNAVAILABLE && session.isOpen())) {
        return Optional.empty();
      }
      throw ClientErrors.of(session, e.getStatus(), what, ErrorKind.INVALID);
    }
  }

  private void requireSend() throws SlipwayException {
    if (!session.supports(SEND)) {
      throw new SlipwayException(
          ErrorKind.UNSUPPORTED, "method " + SEND + " not supported by the client");
    }
  }

  private static Metadata headers(int exporter) {
    Metadata headers = new Metadata();
    headers.put(EXPORTER, Integer.toString(exporter));
    return headers;
  }

  private static Key<String> key(String name) {
    return Key.of(name, new PlainText());
  }

  /** Clients read what they are told as UTF-8; names of images are ASCII anyway. */
  private static final class PlainText implements Metadata.AsciiMarshaller<String> {
    @Override
    public String toAsciiString(String value) {
      byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < bytes.length; i++) {
        if (bytes[i] < 0x20 || bytes[i] > 0x7e) {
          bytes[i] = '?';
        }
      }
      return new String(bytes, StandardCharsets.US_ASCII);
    }

    @Override
    public String parseAsciiString(String serialized) {
      return serialized;
    }
  }

  /** Bytes as messages. */
  private static final class Chunks extends OutputStream {
    private final OutgoingCall<BytesMessage, BytesMessage> call;

    Chunks(OutgoingCall<BytesMessage, BytesMessage> call) {
      this.call = call;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      try {
        for (int at = offset; at < offset + length; at += CHUNK) {
          int end = Math.min(at + CHUNK, offset + length);
          call.send(
              BytesMessage.newBuilder()
                  .setData(UnsafeByteOperations.unsafeWrap(Arrays.copyOfRange(bytes, at, end)))
                  .build());
        }
      } catch (SlipwayException e) {
        throw new IOException(e.getMessage(), e);
      } catch (InterruptedException e) {
        throw new InterruptedIOException("export was interrupted");
      }
    }
  }
}
