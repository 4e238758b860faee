package dev.slipway.registry;

import java.io.IOException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/** Bytes to upload, as often as need be. */
interface UploadBody {
  /** Starts at the first byte. */
  BodyPublisher publisher() throws IOException;

  static UploadBody ofFile(Path file) {
    return () -> BodyPublishers.ofFile(file);
  }

  static UploadBody ofBytes(byte[] content) {
    return () -> BodyPublishers.ofByteArray(content);
  }

  /** Counts what the connection takes. */
  final class Counted implements BodyPublisher {
    private final BodyPublisher publisher;
    private final AtomicLong count = new AtomicLong();
    private final LongConsumer listener;

    Counted(BodyPublisher publisher, LongConsumer listener) {
      this.publisher = publisher;
      this.listener = listener;
    }

    long count() {
      return count.get();
    }

    @Override
    public long contentLength() {
      return publisher.contentLength();
    }

    @Override
    public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
      publisher.subscribe(
          new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
              subscriber.onSubscribe(subscription);
            }

            @Override
            public void onNext(ByteBuffer bytes) {
              listener.accept(count.addAndGet(bytes.remaining()));
              subscriber.onNext(bytes);
            }

            @Override
            public void onError(Throwable error) {
              subscriber.onError(error);
            }

            @Override
            public void onComplete() {
              subscriber.onComplete();
            }
          });
    }
  }
}
