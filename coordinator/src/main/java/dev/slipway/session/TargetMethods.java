package dev.slipway.session;

import com.google.protobuf.Message;
import dev.slipway.protocol.buildkit.content.WriteContentRequest;
import dev.slipway.protocol.buildkit.content.WriteContentResponse;
import dev.slipway.protocol.buildkit.filesync.BytesMessage;
import dev.slipway.protocol.buildkit.fsutil.Packet;
import io.grpc.MethodDescriptor;
import io.grpc.protobuf.ProtoUtils;

/**
 * Calls that write at the client. FileSend has one name and two languages: packets for a directory,
 * bytes for a file.
 */
final class TargetMethods {
  private static final String SEND = "moby.filesync.v1.FileSend/DiffCopy";

  static final MethodDescriptor<BytesMessage, BytesMessage> FILE =
      method(SEND, BytesMessage.getDefaultInstance(), BytesMessage.getDefaultInstance());
  static final MethodDescriptor<Packet, Packet> DIRECTORY =
      method(SEND, Packet.getDefaultInstance(), Packet.getDefaultInstance());
  static final MethodDescriptor<WriteContentRequest, WriteContentResponse> CONTENT =
      method(
          "containerd.services.content.v1.Content/Write",
          WriteContentRequest.getDefaultInstance(),
          WriteContentResponse.getDefaultInstance());

  private TargetMethods() {}

  private static <I extends Message, O extends Message> MethodDescriptor<I, O> method(
      String name, I request, O response) {
    return MethodDescriptor.<I, O>newBuilder()
        .setType(MethodDescriptor.MethodType.BIDI_STREAMING)
        .setFullMethodName(name)
        .setRequestMarshaller(ProtoUtils.marshaller(request))
        .setResponseMarshaller(ProtoUtils.marshaller(response))
        .build();
  }
}
