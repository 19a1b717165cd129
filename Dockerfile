# The tap alone, from the wheel in dist/. Settings come from the environment or a mounted file; no
# token is ever part of the image.
#
#     hatchling build --target wheel && docker build --tag tap-tripletex .
#     docker run --rm --env TAP_TRIPLETEX_API_URL=sandbox:// tap-tripletex --config=ENV --test

FROM python:3.13-slim AS build
COPY dist/*.whl constraints.txt /build/
# The versions that are tested; their hashes cannot be given beside a wheel that has none.
RUN sed -nE 's/^([a-z].*[^ ]) \\$/\1/p' /build/constraints.txt > /build/versions.txt \
    && python -m venv /opt/tap \
    && /opt/tap/bin/pip install --no-cache-dir --only-binary :all: \
       --constraint /build/versions.txt /build/*.whl \
    && /opt/tap/bin/pip uninstall --yes pip

FROM python:3.13-slim
COPY --from=build /opt/tap /opt/tap
RUN useradd --system --create-home --uid 10001 tap
USER tap
WORKDIR /home/tap
ENV PATH=/opt/tap/bin:$PATH PYTHONUNBUFFERED=1
ENTRYPOINT ["tap-tripletex"]
CMD ["--help"]
