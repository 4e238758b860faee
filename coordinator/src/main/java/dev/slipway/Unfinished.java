package dev.slipway;

import dev.slipway.control.SessionEndpoint;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.export.ImageExporter;
import dev.slipway.protocol.buildkit.control.BytesMessage;
import dev.slipway.session.Sessions;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;

/** Refusals in the place of parts that are being written. */
final class Unfinished {
  static final Sessions SESSIONS = (id, _) -> refuse("session " + id);
  static final ImageExporter EXPORTER = (request, _) -> refuse("exporter \"" + request.type() + "\"");

  /** Takes streams, so that probes of clients work, and uses none. */
  static final SessionEndpoint ENDPOINT =
      (_, client) ->
          new StreamObserver<BytesMessage>() {
            @Override
            public void onNext(BytesMessage message) {}

            @Override
            public void onError(Throwable error) {}

            @Override
            public void onCompleted() {
              client.onError(Status.UNIMPLEMENTED.withDescription("sessions are not supported yet").asRuntimeException());
            }
          };

  private Unfinished() {}

  private static <T> T refuse(String what) throws SlipwayException {
    throw new SlipwayException(ErrorKind.UNSUPPORTED, what + " is not supported yet");
  }
}
