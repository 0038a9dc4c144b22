/**
 * api.h - the part of TensorFlow Lite's C API that is used here.
 *
 * The package of the library has no headers. Names, types and values are those of tflite/c/c_api.h,
 * c_api_experimental.h, common.h and delegates/xnnpack/xnnpack_delegate.h, which TensorFlow Lite
 * keeps binary compatible.
 */
#ifndef BACKEND_TFLITE_API_H
#define BACKEND_TFLITE_API_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

typedef struct TfLiteModel TfLiteModel;
typedef struct TfLiteInterpreterOptions TfLiteInterpreterOptions;
typedef struct TfLiteInterpreter TfLiteInterpreter;
typedef struct TfLiteTensor TfLiteTensor;
typedef struct TfLiteOpaqueDelegate TfLiteDelegate;

typedef enum { kTfLiteOk = 0 } TfLiteStatus;

typedef enum {
    kTfLiteNoType = 0,
    kTfLiteFloat32 = 1,
    kTfLiteInt32 = 2,
    kTfLiteUInt8 = 3,
    kTfLiteInt64 = 4,
    kTfLiteBool = 6,
    kTfLiteInt16 = 7,
    kTfLiteInt8 = 9,
    kTfLiteFloat16 = 10,
    kTfLiteFloat64 = 11,
    kTfLiteUInt64 = 13,
    kTfLiteUInt32 = 16,
    kTfLiteUInt16 = 17,
    kTfLiteBFloat16 = 19
} TfLiteType;

/** Handed over by value and grown with the versions: larger than any, of which the first field is
 * set. */
typedef struct {
    int32_t num_threads;
    int32_t rest[255];
} TfLiteXNNPackDelegateOptions;

typedef void (*tflite_reporter_fn)(void *data, const char *format, va_list args);

/** X(result, name without «TfLite», arguments) */
#define TFLITE_FUNCTIONS(X)                                                                        \
    X(const char *, Version, (void))                                                               \
    X(TfLiteModel *, ModelCreateFromFileWithErrorReporter,                                         \
      (const char *path, tflite_reporter_fn reporter, void *data))                                 \
    X(void, ModelDelete, (TfLiteModel * model))                                                    \
    X(TfLiteInterpreterOptions *, InterpreterOptionsCreate, (void))                                \
    X(void, InterpreterOptionsDelete, (TfLiteInterpreterOptions * options))                        \
    X(void, InterpreterOptionsSetNumThreads, (TfLiteInterpreterOptions * options, int32_t count))  \
    X(void, InterpreterOptionsAddDelegate,                                                         \
      (TfLiteInterpreterOptions * options, TfLiteDelegate * delegate))                             \
    X(void, InterpreterOptionsSetErrorReporter,                                                    \
      (TfLiteInterpreterOptions * options, tflite_reporter_fn reporter, void *data))               \
    X(TfLiteInterpreter *, InterpreterCreate,                                                      \
      (const TfLiteModel *model, const TfLiteInterpreterOptions *options))                         \
    X(void, InterpreterDelete, (TfLiteInterpreter * interpreter))                                  \
    X(int32_t, InterpreterGetInputTensorCount, (const TfLiteInterpreter *interpreter))             \
    X(TfLiteTensor *, InterpreterGetInputTensor,                                                   \
      (const TfLiteInterpreter *interpreter, int32_t index))                                       \
    X(TfLiteStatus, InterpreterResizeInputTensor,                                                  \
      (TfLiteInterpreter * interpreter, int32_t index, const int *dim, int32_t rank))              \
    X(TfLiteStatus, InterpreterAllocateTensors, (TfLiteInterpreter * interpreter))                 \
    X(TfLiteStatus, InterpreterInvoke, (TfLiteInterpreter * interpreter))                          \
    X(int32_t, InterpreterGetOutputTensorCount, (const TfLiteInterpreter *interpreter))            \
    X(const TfLiteTensor *, InterpreterGetOutputTensor,                                            \
      (const TfLiteInterpreter *interpreter, int32_t index))                                       \
    X(TfLiteType, TensorType, (const TfLiteTensor *tensor))                                        \
    X(int32_t, TensorNumDims, (const TfLiteTensor *tensor))                                        \
    X(int32_t, TensorDim, (const TfLiteTensor *tensor, int32_t index))                             \
    X(size_t, TensorByteSize, (const TfLiteTensor *tensor))                                        \
    X(void *, TensorData, (const TfLiteTensor *tensor))                                            \
    X(const char *, TensorName, (const TfLiteTensor *tensor))                                      \
    X(TfLiteXNNPackDelegateOptions, XNNPackDelegateOptionsDefault, (void))                         \
    X(TfLiteDelegate *, XNNPackDelegateCreate, (const TfLiteXNNPackDelegateOptions *options))      \
    X(void, XNNPackDelegateDelete, (TfLiteDelegate * delegate))

/** The functions of the opened library. */
struct tflite_api {
#define TFLITE_MEMBER(result, name, arguments) result(*name) arguments;
    TFLITE_FUNCTIONS(TFLITE_MEMBER)
#undef TFLITE_MEMBER
};

#endif
