package dev.sgl.cli.options;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Optional;

/// Why a file cannot be read or written, in words.
public final class Reasons {
  private Reasons() {}

  /// The reason, to be put behind "cannot be written: ".
  public static String of(IOException error) {
    return switch (error) {
      case NoSuchFileException _ -> "there is no such file or folder";
      case AccessDeniedException _ -> "permission denied";
      case FileAlreadyExistsException _ -> "it is there already";
      case FileSystemException e -> Optional.ofNullable(e.getReason()).orElse(e.toString());
      default -> Optional.ofNullable(error.getMessage()).orElse(error.toString());
    };
  }
}
