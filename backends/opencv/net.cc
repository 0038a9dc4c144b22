// The network: loading, inference.
#include <opencv2/core/utility.hpp>
#include <opencv2/core/version.hpp>
#include <opencv2/dnn.hpp>

#include <cstring>

#include "opencv.h"

struct net {
    cv::dnn::Net dnn;
    std::vector<cv::String> output_name;
    std::vector<cv::Mat> output; // of the last inference
};

namespace {

// OpenCV's importer and layers know no other way to say that they lack something.
bool is_lacking(const char *text)
{
    return strstr(text, "Can't create layer") || strstr(text, "not implemented") ||
           strstr(text, "nsupported") || strstr(text, "Node [");
}

/** Runs body(), which returns 0 or a code; an exception becomes `code` with its text. */
template <class Body> int guard(dli_error *err, int code, const char *what, Body body) noexcept
{
    try {
        return body();
    } catch (const cv::Exception &e) {
        return dli_fail(err, is_lacking(e.err.c_str()) ? DLI_E_UNSUPPORTED : code, "%s: %s", what,
                        e.err.c_str());
    } catch (const std::bad_alloc &) {
        return dli_fail(err, DLI_E_NOMEM, "%s: no memory", what);
    } catch (const std::exception &e) {
        return dli_fail(err, code, "%s: %s", what, e.what());
    } catch (...) {
        return dli_fail(err, code, "%s: an exception of an unknown type", what);
    }
}

cv::Mat wrap(const dli_tensor_desc *desc, void *data)
{
    int size[DLI_MAX_RANK];
    for (int i = 0; i < desc->rank; i++)
        size[i] = static_cast<int>(desc->dim[i]);
    return cv::Mat(desc->rank, size, CV_32F, data);
}

int describe_outputs(priv *p, dli_error *err)
{
    dli_io *io = &p->io;
    // Several outputs come in OpenCV's order, under its names.
    if (p->net->output.size() > DLI_MAX_IO)
        return dli_fail(err, DLI_E_UNSUPPORTED, "the model has %zu outputs", p->net->output.size());
    io->output_count = static_cast<int>(p->net->output.size());
    for (int i = 0; i < io->output_count; i++) {
        const cv::Mat &mat = p->net->output[static_cast<size_t>(i)];
        dli_tensor_desc *desc = &io->output[i];
        if (io->output_count > 1)
            snprintf(desc->name, sizeof(desc->name), "%s",
                     p->net->output_name[static_cast<size_t>(i)].c_str());
        desc->rank = mat.dims;
        if (mat.type() != CV_32F || mat.dims > DLI_MAX_RANK)
            return dli_fail(err, DLI_E_UNSUPPORTED,
                            "output '%s' is not float, or has %d dimensions", desc->name, mat.dims);
        for (int d = 0; d < mat.dims; d++)
            desc->dim[d] = mat.size[d];
    }
    return DLI_OK;
}

} // namespace

extern "C" const char *net_version(void)
{
    return CV_VERSION;
}

extern "C" int net_load(struct dli_context *ctx, const char *path, struct dli_error *err)
{
    priv *p = static_cast<priv *>(ctx->priv);
    return guard(err, DLI_E_PARSE, "reading the model", [&] {
        if (ctx->settings->threads > 0)
            cv::setNumThreads(ctx->settings->threads);
        p->net = new net;
        p->net->dnn = cv::dnn::readNetFromONNX(path);
        p->net->dnn.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
        p->net->dnn.setPreferableTarget(cv::dnn::DNN_TARGET_CPU);
        p->net->dnn.enableFusion(p->has_fusion);
        p->net->output_name = p->net->dnn.getUnconnectedOutLayersNames();
        return DLI_OK;
    });
}

extern "C" int net_compile(struct dli_context *ctx, struct dli_error *err)
{
    priv *p = static_cast<priv *>(ctx->priv);
    return guard(err, DLI_E_RUNTIME, "preparing the model", [&] {
        for (int i = 0; i < p->io.input_count; i++) {
            size_t bytes;
            int rc = dli_tensor_bytes(&bytes, &p->io.input[i], err);
            if (rc)
                return rc;
            std::vector<char> zeros(bytes);
            p->net->dnn.setInput(wrap(&p->io.input[i], zeros.data()).clone(), p->io.input[i].name);
        }
        p->net->dnn.forward(p->net->output, p->net->output_name);
        return describe_outputs(p, err);
    });
}

extern "C" int net_submit(struct dli_context *ctx, struct dli_request *request,
                          struct dli_error *err)
{
    priv *p = static_cast<priv *>(ctx->priv);
    return guard(err, DLI_E_RUNTIME, "inference", [&] {
        for (int i = 0; i < request->input_count; i++)
            p->net->dnn.setInput(wrap(&request->input[i].desc, request->input[i].data),
                                 p->io.input[i].name);
        p->net->dnn.forward(p->net->output, p->net->output_name);
        // The network has one set of outputs, requests have one each.
        for (int i = 0; i < request->output_count; i++) {
            const cv::Mat &mat = p->net->output[static_cast<size_t>(i)];
            size_t bytes = mat.total() * mat.elemSize();
            if (bytes != request->output[i].bytes || !mat.isContinuous())
                return dli_fail(err, DLI_E_RUNTIME, "output %d has %zu bytes, not %zu", i, bytes,
                                request->output[i].bytes);
            memcpy(request->output[i].data, mat.data, bytes);
        }
        return static_cast<int>(DLI_DONE);
    });
}

extern "C" int net_threads(void)
{
    return cv::getNumThreads();
}

extern "C" void net_free(struct net *net)
{
    delete net;
}
