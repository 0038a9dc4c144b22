// Caffe's networks: reading, sharing weights, inference.
#include <unistd.h>

#include <caffe/net.hpp>
#include <caffe/util/io.hpp>
#include <caffe/util/upgrade_proto.hpp>

#include "caffe.h"

extern "C" void openblas_set_num_threads(int threads);
extern "C" int openblas_get_num_threads(void);

struct net {
    caffe::NetParameter param;
    boost::shared_ptr<caffe::Net<float>> caffe;
};

namespace {

template <typename Function>
int guard(dli_error *err, int code, const char *what, Function &&function)
{
    try {
        return function();
    } catch (const std::bad_alloc &) {
        return dli_fail(err, DLI_E_NOMEM, "%s: out of memory", what);
    } catch (const std::exception &exception) {
        return dli_fail(err, code, "%s: %.180s", what, exception.what());
    } catch (...) {
        return dli_fail(err, code, "%s: an unknown exception", what);
    }
}

// Errors only; they go to stderr, which the worker's log keeps.
void start_logging()
{
    static const bool is_started = [] {
        FLAGS_logtostderr = true;
        FLAGS_minloglevel = google::GLOG_ERROR;
        google::InitGoogleLogging("dli");
        // Not the stack that would be printed otherwise: the reason stands alone.
        google::InstallFailureFunction(&abort);
        return true;
    }();
    (void)is_started;
}

bool ends_with(const std::string &text, const std::string &end)
{
    return text.size() >= end.size() &&
           text.compare(text.size() - end.size(), end.size(), end) == 0;
}

int check_file(const char *path, dli_error *err)
{
    if (access(path, R_OK) == 0)
        return DLI_OK;
    return dli_fail(err, errno == ENOENT || errno == ENOTDIR ? DLI_E_NOTFOUND : DLI_E_IO, "%s: %s",
                    path, strerror(errno));
}

// A prototxt, or a caffemodel that holds its layers too.
int read_param(caffe::NetParameter *out, const char *path, dli_error *err)
{
    int rc = check_file(path, err);
    if (rc)
        return rc;
    bool is_binary = ends_with(path, ".caffemodel");
    if (!(is_binary ? caffe::ReadProtoFromBinaryFile(path, out)
                    : caffe::ReadProtoFromTextFile(path, out)))
        return dli_fail(err, DLI_E_PARSE, "%s: no description of a network that Caffe can read",
                        path);
    if (!caffe::UpgradeNetAsNeeded(path, out))
        return dli_fail(err, DLI_E_PARSE,
                        "%s: written for a Caffe so old that it cannot be brought up to date",
                        path);
    if (out->layer_size() == 0)
        return dli_fail(err, DLI_E_PARSE, "%s: a network without layers", path);
    out->mutable_state()->set_phase(caffe::TEST);
    return DLI_OK;
}

// Layers that fix the number of samples would end the process when it changes.
int check_free_batch(const caffe::NetParameter &param, dli_error *err)
{
    for (const caffe::LayerParameter &layer : param.layer()) {
        const caffe::BlobShape &shape = layer.reshape_param().shape();
        if (layer.type() == "Reshape" && shape.dim_size() > 0 && shape.dim(0) > 0)
            return dli_fail(err, DLI_E_UNSUPPORTED,
                            "layer '%s' fixes the number of samples at %lld", layer.name().c_str(),
                            (long long)shape.dim(0));
    }
    return DLI_OK;
}

int describe_blob(dli_tensor_desc *out, const std::string &name, const caffe::Blob<float> *blob,
                  dli_error *err)
{
    *out = dli_tensor_desc{};
    snprintf(out->name, sizeof(out->name), "%s", name.c_str());
    out->type = DLI_F32;
    out->rank = blob->num_axes();
    if (out->rank > DLI_MAX_RANK)
        return dli_fail(err, DLI_E_UNSUPPORTED, "'%s' has %d dimensions", out->name, out->rank);
    for (int d = 0; d < out->rank; d++)
        out->dim[d] = blob->shape(d);
    return DLI_OK;
}

int describe(dli_io *io, const caffe::Net<float> &net, dli_error *err)
{
    int rc = DLI_OK;
    *io = dli_io{};
    if (net.num_inputs() > DLI_MAX_IO || net.num_outputs() > DLI_MAX_IO || net.num_outputs() < 1)
        return dli_fail(err, DLI_E_UNSUPPORTED, "the network has %d inputs and %d outputs",
                        net.num_inputs(), net.num_outputs());
    io->input_count = net.num_inputs();
    io->output_count = net.num_outputs();
    for (int i = 0; i < io->input_count && !rc; i++)
        rc = describe_blob(&io->input[i], net.blob_names()[net.input_blob_indices()[i]],
                           net.input_blobs()[i], err);
    for (int i = 0; i < io->output_count && !rc; i++)
        rc = describe_blob(&io->output[i], net.blob_names()[net.output_blob_indices()[i]],
                           net.output_blobs()[i], err);
    return rc;
}

} // namespace

extern "C" const char *net_version(void)
{
    return "1.0.0"; // of BVLC Caffe: the library has no call that tells
}

extern "C" int net_threads(void)
{
    return openblas_get_num_threads();
}

extern "C" int net_load(struct priv *p, const struct dli_model *model, int threads,
                        struct dli_error *err)
{
    return guard(err, DLI_E_PARSE, model->path, [&] {
        start_logging();
        if (threads > 0)
            openblas_set_num_threads(threads);
        p->net = new net;
        int rc = read_param(&p->net->param, model->path, err);
        if (rc)
            return rc;
        const char *weights =
            ends_with(model->path, ".caffemodel") ? model->path : model->weights_path;
        if (!weights)
            return dli_fail(err, DLI_E_NOTFOUND,
                            "%s: its .caffemodel with the weights is not beside it", model->path);
        caffe::NetParameter learnt;
        rc = check_file(weights, err);
        if (!rc && !caffe::ReadProtoFromBinaryFile(weights, &learnt))
            rc = dli_fail(err, DLI_E_PARSE, "%s: no weights that Caffe can read", weights);
        if (rc)
            return rc;
        p->net->caffe.reset(new caffe::Net<float>(p->net->param));
        p->net->caffe->CopyTrainedLayersFrom(learnt);
        return describe(&p->io, *p->net->caffe, err);
    });
}

extern "C" int net_reshape(struct priv *p, const struct dli_io *io, struct dli_error *err)
{
    return guard(err, DLI_E_UNSUPPORTED, "changing shapes", [&] {
        caffe::Net<float> &caffe = *p->net->caffe;
        int rc = check_free_batch(p->net->param, err);
        for (int i = 0; i < p->io.input_count && !rc; i++) {
            std::vector<int> shape;
            for (int d = 0; d < io->input[i].rank && !rc; d++) {
                if (io->input[i].dim[d] < 1 || io->input[i].dim[d] > INT32_MAX)
                    rc = dli_fail(err, DLI_E_ARG, "input '%s': Caffe has no dimension %lld",
                                  io->input[i].name, (long long)io->input[i].dim[d]);
                shape.push_back(static_cast<int>(io->input[i].dim[d]));
            }
            if (!rc)
                caffe.input_blobs()[i]->Reshape(shape);
        }
        if (rc)
            return rc;
        caffe.Reshape();
        return describe(&p->io, caffe, err);
    });
}

// The request's tensors are the network's own, so that copying in and out is one copy each.
extern "C" int net_request_init(struct priv *p, struct dli_request *request, struct dli_error *err)
{
    return guard(err, DLI_E_RUNTIME, "preparing a request", [&] {
        caffe::Net<float> *own = new caffe::Net<float>(p->net->param);
        request->priv = own;
        request->device_ns = -1;
        own->ShareTrainedLayersWith(p->net->caffe.get());
        for (int i = 0; i < request->input_count; i++)
            own->input_blobs()[i]->ReshapeLike(*p->net->caffe->input_blobs()[i]);
        own->Reshape();
        for (int i = 0; i < request->input_count; i++) {
            caffe::Blob<float> *blob = own->input_blobs()[i];
            size_t bytes = static_cast<size_t>(blob->count()) * sizeof(float);
            if (bytes != request->input[i].bytes)
                return dli_fail(err, DLI_E_MISMATCH, "input %d has %zu bytes, not %zu", i, bytes,
                                request->input[i].bytes);
            memcpy(blob->mutable_cpu_data(), request->input[i].data, bytes);
            request->input[i].data = blob->mutable_cpu_data();
        }
        return static_cast<int>(DLI_OK);
    });
}

extern "C" int net_submit(struct dli_request *request, struct dli_error *err)
{
    return guard(err, DLI_E_RUNTIME, "inference", [&] {
        caffe::Net<float> *own = static_cast<caffe::Net<float> *>(request->priv);
        own->Forward();
        for (int i = 0; i < request->output_count; i++) {
            const caffe::Blob<float> *blob = own->output_blobs()[i];
            request->output[i].data = const_cast<float *>(blob->cpu_data());
            request->output[i].bytes = static_cast<size_t>(blob->count()) * sizeof(float);
        }
        return static_cast<int>(DLI_DONE);
    });
}

extern "C" void net_request_release(struct dli_request *request)
{
    delete static_cast<caffe::Net<float> *>(request->priv);
    request->priv = nullptr;
}

extern "C" void net_free(struct net *net)
{
    delete net;
}
